"""Face mesh of one upright square: 478 landmarks, and the confidence that they lie on a face.

Runs the same landmark graph that MediaPipe's FaceMesh runs per face, with its attention model and without its detector:
the caller states where the face is. Knows no picture beyond the square. One object belongs to one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.features.face_mesh import import_solution, landmark_rows, without_native_chatter
from engine.types import ByteArray, FloatArray

SQUARE_PX = 192
"""Side of the model's input."""

SCORE = "facelandmarkcpu__face_presence_score"  # stream name inside MediaPipe's graph
GRAPH = f"""
input_stream: "image"
input_stream: "region"
input_side_packet: "with_attention"
output_stream: "landmarks"
output_stream: "{SCORE}"
num_threads: 1
node {{
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}}
"""


@dataclass(frozen=True, slots=True)
class MeshLook:
    """Result of the mesh on a square.

    Attributes:
        landmarks: (478, 3) float32 in its pixels, z in the same unit; None if there is no face.
        presence: confidence that there is a face, 0 to 1.
    """

    landmarks: FloatArray | None
    presence: float


class LandmarkModel:
    """Face mesh; starting MediaPipe's graph takes a moment."""

    def __init__(self) -> None:
        self._landmarks: Any = None
        self._presence = 0.0
        self._count = 0
        with without_native_chatter():
            import_solution("face_mesh")  # registers the graph's parts
            self._make_image, self._make_region, make_bool = _packets()
            self._graph: Any = _build()
            self._graph.observe_output_stream("landmarks", self._take_landmarks)
            self._graph.observe_output_stream(SCORE, self._take_presence)
            self._graph.start_run({"with_attention": make_bool(True)})
            self(np.zeros((SQUARE_PX, SQUARE_PX, 3), np.uint8))  # the graph starts with its first picture

    def __call__(self, square: ByteArray) -> MeshLook:
        """Run on a square (192, 192, 3) uint8 RGB with an upright face that fills two thirds of it."""
        self._landmarks, self._presence = None, 0.0
        self._count += 1
        self._graph.add_packet_to_input_stream("image", self._make_image(square).at(self._count))
        self._graph.add_packet_to_input_stream("region", self._make_region().at(self._count))
        self._graph.wait_until_idle()
        found = self._landmarks
        return MeshLook(None if found is None else found * np.float32(square.shape[0]), self._presence)

    def close(self) -> None:
        """Stop the graph and its threads."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.close_all_packet_sources()
            graph.wait_until_done()

    def _take_landmarks(self, _: str, packet: Any) -> None:
        from mediapipe.python import packet_getter

        self._landmarks = landmark_rows(packet_getter.get_proto(packet))

    def _take_presence(self, _: str, packet: Any) -> None:
        from mediapipe.python import packet_getter

        self._presence = float(packet_getter.get_float(packet))


def _build() -> Any:
    import mediapipe
    from mediapipe.python._framework_bindings import calculator_graph, resource_util

    resource_util.set_resource_dir(str(Path(mediapipe.__file__).parent.parent))
    return calculator_graph.CalculatorGraph(graph_config=GRAPH)


def _packets() -> tuple[Any, Any, Any]:
    """Packet factories for a picture, for the region that covers all of it, and for a boolean."""
    from mediapipe.framework.formats import rect_pb2
    from mediapipe.python import packet_creator
    from mediapipe.python._framework_bindings import image_frame

    whole = rect_pb2.NormalizedRect(x_center=0.5, y_center=0.5, width=1.0, height=1.0)

    def make_image(square: ByteArray) -> Any:
        return packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=square)

    return make_image, lambda: packet_creator.create_proto(whole), packet_creator.create_bool
