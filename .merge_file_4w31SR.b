# Changelog

All notable changes are listed here, in the manner of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/);
versions follow [Semantic Versioning](https://semver.org/spec/v2.0.0.html). Until 1.0 a minor version may change the
API, and says so under "Changed".

## [Unreleased]

### Added

- `check --segments FILE`: words, phones, phrases and windows of one second with all their measures: closures expected
  and seen, dead air and overrun, cost of the warping path, confidence. `check(…, details=…)` in Python.
- The 95 % interval covers what it claims on speakers left out, and sound of another clip is recognised more surely
  (docs/decisions/0007); lip models have to be made anew.
- Confidence of each phone and word is the probability that it starts within 25 ms of a person's boundary, calibrated without
  labels and tested on hand labels (docs/confidence.md); the transcript of another clip is recognised in 95 to 99 of 100 cases.
  Spans to look at (odd durations, low likelihood, voice without words and words without voice) are marked in every file.
- `visalign fix` takes a measured offset out of a clip (time stamps only, or the sound made anew: padded, stretched against
  drift, in pieces), keeps all else, writes the correction as data that can be applied again or undone, and measures the
  result. `visalign attach` places a separate recording by the clip's own sound, its lips or timecodes, or stretches a new
  take onto the old one. `visalign enhance` (spectral subtraction, Wiener filter, noise reference, equaliser, high-pass,
  loudness, without moving a sample) and `visalign vad`; `check --enhance`, and the
  sound's quality, before and after it, in every report. Alignment warns of words where no voice is heard and of speech
  without words; the verdict leaves out what nobody says. PESQ and STOI with `pip install
  "visalign[quality]"`, WebRTC's detector with `"visalign[vad]"`.
- `visalign export`: mouth cues (Rhubarb, Moho, OpenToonz, Papagayo, Spine), weight curves (ARKit, Audio2Face, glTF, VRM,
  USD, Unity, Unreal, Blender, Maya, MikuMikuDance, Live2D, Godot), annotation (TextGrid, EAF, WebVTT, SRT, CTM, JSON, CSV)
  and editorial markers (OTIO, EDL, FCPXML) from sound with its text, a TextGrid, or a report. Rhubarb's animation rules as
  data, for any viseme map; frame rates, lead, holds, recipes, key reduction, edits by hand.
- `visalign preview` draws a face that says a line, or shows the user's own pictures; `visalign animate` moves the lips of
  a portrait, marked as synthetic.
- `visalign check`: a clip and its transcript in; the audio/video offset with its 95 % interval and confidence, and a
  word-by-word report out, as CSV and JSON. Without a transcript the phones are recognised.
- `visalign align` (words and phones of a recording), `visalign observe` (what the lips show), `visalign maps`,
  `visalign train`, `visalign doctor`, `visalign demo`.
- `visalign check --html clip.html`: a page in one file that opens offline: the verdict in words, the weakest words with
  pictures, a frame-true player beside synchronised tracks. `visalign.write_clip_page` does it from Python.
- Viseme decoder: three states a phone, adapted to the speaker of the clip, trained with a strong ridge: 55 % of the spoken
  frames of unseen GRID speakers (was 44), closures 93 % recall at 87 % precision (was 72 at 86).
  `visalign.lip_closures.find_closures` gives closed lips as events. Older models are read as before.
- `visalign observe` writes probabilities, landmarks and closures beside visemes and features, draws them under pictures of
  the mouth (`-o lips.png`), and takes several `-o`, `--map`, `--face`. (`write_observation` has moved to
  `visalign.observation_files` and takes the decoded visemes.)
- `visalign train` reads each speaker with a model of the others and tells how well: frames, closures, bits, confusions, by
  speaker, and which clips were not used and why (`--report training.json`).
- Several faces and cuts: `visalign.read_faces` follows every face from shot to shot; `check` judges the one whose lips fit
  the sound, turn by turn, lists the others, and leaves a voice off screen "uncertain". `--face N` chooses by hand.
- `visalign.check(…, evidence=True)` keeps what a report rests on, moment by moment, in `report.evidence`.
- `visalign plot` draws tracks, stages of the method, offset curve, warping path, confusions, leads and reliability, as PNG,
  SVG or PDF in one documented style; each is also a function of `visalign.plots` that returns its axes.
- `visalign explain` tells in words which sounds speak most for a verdict and which least: what was expected, what the lips
  showed, and how many times likelier that is at the clip's lead than at another.
- `visalign corpus` reads GRID, TIMIT (SPHERE), TCD-TIMIT, LRS2 and LRS3, VoxCeleb and plain folders as they are published,
  finds damaged clips, writes the manifest that `batch` and `train` take and the labels as TextGrids, and reads and writes
  the lists of Lhotse and Kaldi.
- Alignments that exist already, corrected by hand or made by another program, in place of a transcript: `--alignment FILE` of
  `visalign check` and `align`, `read_alignment` from Python. TextGrid (long, short, several speakers), EAF, CTM, MFA's JSON
  and CSV, visalign's own; `align` writes EAF and CTM too, and `export` reads EAF, CTM and CSV.
- `visalign batch`: thousands of clips from a manifest or folder, each in a process of its own with limits of time and
  memory; a ledger that survives any kill, resume, `--retry-failed`, `--only`, `--max-failures`, `--dry-run`; lips cached by
  content (also `check(…, lip_cache=…)`); a summary a clip and added up over speakers, conditions and maps. `visalign
  status` tells how it stands.
- `visalign lipread` reads words off the lips alone, under a grammar (JSGF, or the bigram of sentences), and counts errors in
  words and visemes with `pip install "visalign[lipread]"`; `visalign maps homophenes` lists words that look alike and which
  map keeps a vocabulary apart.
- `visalign compare` tells what changed between two runs over the same clips.
- Verdict profiles of EBU R37, ITU-R BT.1359, ITU-T J.100, ATSC IS-191 and for film, or limits of one's own; each report has the
  50th, 90th and 99th percentile of the words' distance from sync.
- The same from Python: `read_audio`, `force_align`, `read_lips`, `check`, `VisemeMap`, `ClipReport`.
- An alignment engine of our own (`gmm_hmm`, the default): PocketSphinx's model in NumPy with boundaries finer than frames,
  and `visalign align --acoustic-model english_mfa.zip --dictionary english_mfa.dict` for the models of the Montreal Forced
  Aligner, any language, without conda.
- 23 viseme maps in ARPABET, IPA and X-SAMPA; `visalign maps check` without a file checks them all.
- `visalign maps learn` (a map from the lips of a corpus), `maps evaluate` (which map fits them), `maps draw` (a mouth
  over time). Plots need `pip install "visalign[plot]"`.
- Mouth tracks (`visalign.coarticulation`) and weight curves (`visalign.weight_curves`) for animation, at any frame rate.
- A lip model trained on the GRID corpus, an NPZ file with its provenance; `benchmarks/grid.py` makes it anew and measures
  with each speaker left out.
