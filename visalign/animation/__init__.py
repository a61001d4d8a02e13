"""From phones to a mouth over time: one engine for each way in which a mouth is shown.

:mod:`~visalign.animation.mouth_cues`
    One shape at a time, held long enough to be seen, as Rhubarb does it: for drawn mouths (Moho, Papagayo, Spine …).
:mod:`~visalign.animation.coarticulation`
    One viseme of a map at a time, early and late as an animator would have it (JALI's habits): for whoever works with a
    map and asks how its visemes follow one another, in Python and in ``visalign maps draw``.
:mod:`~visalign.animation.weight_curves`
    How far each viseme has come, after Cohen and Massaro, and the tongue by itself: for rigs with channels (glTF, VRM,
    Unity, Unreal, Maya …).
:mod:`~visalign.animation.lip_trajectory`
    Lengths of a mouth, with the dominance of the weight curves: for the drawn face and for the mouth that a page calls
    expected.

:mod:`~visalign.animation.mouth_audit`
    Looks at what any of them shows, and says what is missing.

They are not one engine, since a drawing can't be half open and a channel has no least duration. That all of them close
where the lips do is what tests/animation/test_mouths_over_time.py holds them to.
"""
