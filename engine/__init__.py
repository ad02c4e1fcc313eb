"""Narcissus: a mirror that answers with someone else.

::

    camera reader            reflection thread                          main thread (owns OpenGL)
   ┌────────────┐ Frame  ┌───────────────────────────────┐ Reflection ┌──────────────────────────────────────┐
   │  camera    ├─slot──►│ features ► inverter ► smoother │───slot────►│ texture ► compositor ► projector ─┬► window
   └─────┬──────┘        │          ► generator           │            │    ▲                              └► recorder
         │               └───────────────────────────────┘            │    │
         └───────────────────── newest Frame (slot) ──────────────────┼────┘

One direction only. Left of the second slot there is no OpenGL; right of it no TensorFlow, OpenCV or MediaPipe.
`app.py` builds these parts and is the only module that knows them all.
"""
