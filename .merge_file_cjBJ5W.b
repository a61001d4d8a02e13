# How to

```{toctree}
:maxdepth: 1

unknown_words
alignments
acoustic_models
viseme_maps
own_viseme_map
explain_a_verdict
several_faces
observe_lips
fix_a_clip
look_at_a_clip
corpora
lipread
continuous_integration
```
