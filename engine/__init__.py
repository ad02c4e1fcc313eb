"""Narcissus: a mirror that answers with someone else.

::

    camera reader            reflection thread                          main thread (owns OpenGL)
   ┌────────────┐ Frame  ┌───────────────────────────────┐ Reflection ┌──────────────────────────────────────┐
   │   source   ├─slot──►│ features ► inverter ► filters  │───slot────►│ texture ► compositor ► output ─┬► window
   └─────┬──────┘        │          ► generator           │            │    ▲                           └► recorder
         │               └───────────▲───────────────────┘            │    │
         │                           └──────── request (slot) ─────────┤    │
         └───────────────────── newest Frame (slot) ──────────────────┼────┘

Data flows one way. Left of the second slot there is no OpenGL; right of it no TensorFlow, OpenCV or MediaPipe.
`app.py` builds the parts, `show/main_loop.py` runs them. Rooms import only from rooms below them:

app > cli > show > render | telemetry > session | pipeline | scene > networks | visitor > features | audio > images >
system | config | types > core
"""
