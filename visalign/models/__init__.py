"""Trained models (JSON and NPZ), each with its provenance.

``frontal_faces.svm`` is the detector of frontal faces that every dlib holds (D. E. King, Boost licence), as its own
``get_frontal_face_detector().save()`` writes it.
"""
