# The design

## Rooms

Modules are rooms, in rows. Imports go down, or to a neighbour in the same row, and never in a circle;
`tests/test_architecture.py` holds the table and fails when it is broken.

| row | rooms | what they know |
|---|---|---|
| 1 | errors, timeline, outputs, registry | seconds and frames; files written whole or not at all; parts by name |
| 2 | phones, annotations, lexicon, transcript, text_files, visemes, viseme_lint, viseme_comparison, homophenes, viseme_map_files, coarticulation, weight_curves, timecode, dtw, mouth_rules, mouth_cues, cue_layout | the symbols of speech and of lips; text formats |
| 3 | ffmpeg, tape, images, media, remux, viewing_copy | FFmpeg, and nobody else knows it |
| 4a | speech, voice_activity, audio_quality, enhancement, sound_matching, time_stretch, forced_alignment | the sound |
| 4b | face_detection, face_tracks, landmarks, lip_features, clip_faces, lip_cache, viseme_decoder, lip_closures | the picture |
| 5 | lip_reading, lip_model, sync, speaking_face, clip_info, scoring, wording, evidence, drift, report, sound_evidence, segments | both |
| 6 | exports, html_report, result_files, observation_files, run_comparison, preview, portrait, face_motion, avatar, watermark, correction | files and pictures made from a result |
| 7 | config, pipeline, batch, fix, attach, explanation, training, decoder_training, held_out, training_data, corpora, map_learning, map_evaluation, lip_confusions, generated_clip, doctor, console, commands, cli, calibration, plots | how it is used |

Rows 4a and 4b may not import one another. If the video branch could see the phones, "the lips show what was expected"
would prove nothing.

## Data

Everything that flows between rooms is frozen: {class}`~visalign.timeline.Interval`, {class}`~visalign.timeline.Tier`,
{class}`~visalign.timeline.FrameTimes`, audio, landmarks, lip features, report. Some conventions hold everywhere:

- Time is float seconds from the origin of the clip; intervals are half-open, `[start, end)`. Rates are fractions, so
  that 30000/1001 stays exact. Any other unit stands in the name: `rate_hz`, `width_px`.
- A tier has one boundary more than labels, so it can't have gaps or overlaps. Silence is a label.
- A frame without a face is a row of NaN. It is never zeros and never left out.
- `lead_seconds > 0`: [the audio is early](offset_sign.md).
- Scores are counts and add up.
- The same inputs, settings and version give the same bytes.

## Errors

Everything that visalign raises on purpose is a {class}`~visalign.errors.VisalignError`. Its facts are attributes, its message
names the file, the cause and the next step, and it survives being sent between processes.

| class | when |
|---|---|
| `InputError` | the user's material can't be analysed as it is; the classes below it say how |
| `ConfigError` | a setting does not exist, or can't have that value |
| `OutputError` | a result can't be written there |
| `BackendError` | a library, model or program did not serve, or is not installed |
| `AlignmentError` | transcript and audio could not be aligned |

Only the command line turns an error into a line of text and an exit code. A missing optional library is an error with
a hint, and never a silent change of method.

## Safety

visalign reads files from strangers. It opens media with a list of allowed formats and the file protocol only, keeps
models as JSON and NPZ (no pickle), and makes no network connection at run time. The architecture test checks the
imports.
