"""The table of bad inputs: what each is, and what must come out of it, from Python and on the command line.

The numbers are those of the catalogue of 52 kinds that the table follows; ``docs/hostile_inputs.md`` is written from
here by ``write_table.py``.
"""

from __future__ import annotations

from functools import partial

import bad_clips as clip
import bad_texts as text
from expected import Case, Elsewhere, Refused, Works

from visalign.errors import (
    AlignmentError,
    ConfigError,
    FaceNotFound,
    InputError,
    MediaError,
    MissingStream,
    OutOfVocabulary,
    ParseError,
)

EARLY = ("audio-early",)
# A cut or damaged clip of three seconds leaves little to go by.
CAREFUL = ("audio-early", "uncertain", "mismatched")
NO_MATCH = ("mismatched", "uncertain")
NOT_MEDIA = Refused(MediaError, "not a media file that can be read")
NO_SUCH = Refused(MediaError, "no such file. Check the spelling")
NO_FACE = Refused(FaceNotFound, "a face was found in 0% of the frames")
SAME = Works(EARLY, 0.0)

MEDIA = (
    Case(1, "a file without a byte", clip.empty, Refused(MediaError, "this file is empty. Copy or record it again")),
    Case(1, "no file of that name", clip.missing, NO_SUCH),
    Case(2, "MP4 still being written (no table of contents)", clip.still_recording,
         Refused(MediaError, "and the recording finished?")),
    Case(3, "Matroska cut off at 70 %", clip.truncated_mkv, Works(CAREFUL, 0.0, within=0.02, warns="the file announces 3.1 s and ends after 2.")),
    Case(3, "MP4 with its table first, cut off at 70 %", clip.truncated_mp4, Works(CAREFUL, 0.0, within=0.02, warns="only what is there was analysed; is the copy complete?")),
    Case(3, "MPEG-TS cut off at 70 % (announces no length)", clip.truncated_ts, Works(CAREFUL, 0.0, within=0.02)),
    Case(4, "two damaged packets", clip.few_damaged_packets, Works(EARLY, 0.0, warns="2 damaged packets of the picture and 0 of the sound were left out")),
    Case(4, "every second packet of the picture damaged", clip.many_damaged_packets, Works(("uncertain",), warns="37 damaged packets of the picture")),
    Case(4, "damaged packets of the sound (FLAC)", clip.damaged_sound, Works(("audio-early", "uncertain"), 0.0, warns="0 damaged packets of the picture and 4 of the sound")),
    Case(5, "text named .mp4", clip.plain_text, NOT_MEDIA),
    Case(5, "PDF named .mp4", clip.pdf, NOT_MEDIA),
    Case(5, "zip named .mp4", clip.zip_file, NOT_MEDIA),
    Case(6, "a folder named .mp4", clip.folder, Refused(MediaError, "this is a folder. Give one clip")),
    Case(6, "a named pipe", clip.pipe, Refused(MediaError, "not a regular file")),
    Case(6, "a device (/dev/zero)", clip.device, Refused(MediaError, "not a regular file")),
    Case(6, "a link to nothing", clip.broken_link, Refused(MediaError, "a link to a file that does not exist")),
    Case(7, "no sound", clip.no_sound, Refused(MissingStream, "sound as a separate file")),
    Case(8, "no picture", clip.no_picture, Refused(MissingStream, "no video stream")),
    Case(8, "a cover picture in place of a film", clip.cover_picture, Refused(MissingStream, "no video stream")),
    Case(9, "two sound tracks, the second is the default one", clip.two_tracks, Works(EARLY, 0.0, warns="2 sound tracks: 1 (aac, 1 ch), 2 (aac, 1 ch); the one marked as default was checked")),
    Case(9, "the other one of two tracks, which is noise", clip.other_track, Works(NO_MATCH, warns="the transcript may not belong")),
    Case(9, "a track that is not there", clip.no_track, Refused(ConfigError, "7 is not possible; allowed: 1, 2")),
    Case(10, "a picture in an unknown codec (protected)", clip.unknown_codec, Refused(MissingStream, "the video of this file has a codec that can't be decoded. Is it protected?")),
    Case(11, "ffconcat playlist named .mp4", clip.ffconcat, NOT_MEDIA),
    Case(11, "HLS playlist named .mp4", clip.hls, NOT_MEDIA),
    Case(11, "DASH manifest named .mp4", clip.dash, NOT_MEDIA),
    Case(11, "SDP session named .mp4", clip.sdp, NOT_MEDIA),
    Case(12, "concat: address", clip.concat_address, NO_SUCH),
    Case(12, "subfile: address", clip.subfile_address, NO_SUCH),
    Case(12, "http: address", clip.web_address, NO_SUCH),
    Case(12, "pipe: address", clip.pipe_address, NO_SUCH),
    Case(12, "data: address", clip.data_address, NO_SUCH),
    *(Case(13, f"a file named {name[:20]!a}", partial(clip.odd_name, n), SAME)
      for n, name in enumerate(clip.ODD_NAMES)),
)  # fmt: skip

TIMING = (
    Case(14, "variable frame rate, MP4", clip.variable_mp4, Works(EARLY, 0.0, within=0.03)),
    Case(14, "variable frame rate, Matroska", clip.variable_mkv, Works(EARLY, 0.0, within=0.03)),
    Case(15, "both streams start at 5 s", clip.late_start, SAME),
    Case(15, "both streams start at 1000 s, MPEG-TS", clip.late_start_ts, SAME),
    Case(15, "both streams start 0.4 s before 0 (edit list)", clip.negative_start, SAME),
    Case(15, "both start before 0, within a frame of the picture", clip.start_within_a_frame, Works(EARLY, -0.02)),
    Case(15, "B-frames, MP4", clip.b_frames_mp4, SAME),
    Case(15, "B-frames, MPEG-TS", clip.b_frames_ts, SAME),
    Case(16, "pictures with the time of the one before", clip.repeated_times, Works(EARLY, 0.0, warns="7 pictures were left out, whose time is not after")),
    Case(16, "times that run backward", clip.backward_times, Works(EARLY, 0.0, warns="4 pictures were left out, whose time is not after")),
    Case(16, "the 33-bit clock of MPEG-TS wraps around", clip.wrap_around, SAME),
    Case(17, "sound 0.2 s late by an edit list", clip.edit_list, Works(("audio-late", "uncertain"), -0.2)),
    Case(17, "sound 0.2 s late, MPEG-TS", clip.early_picture_ts, Works(("audio-late", "uncertain"), -0.2)),
    *(Case(18, f"priming of {codec} in {name.rpartition('.')[2]}", partial(clip.priming, name=name, codec=codec), SAME)
      for name, codec in (("clip.mp4", "aac"), ("clip.mkv", "aac"), ("clip.ts", "aac"), ("clip.mp4", "libmp3lame"),
                          ("clip.mkv", "libmp3lame"), ("clip.mkv", "libopus"), ("clip.mp4", "libopus"))),
    Case(21, "one picture", clip.one_picture, Refused(MediaError, "there are only 1 pictures in it")),
    Case(21, "one picture a second", clip.one_a_second, Refused(MediaError, "there are only 3 pictures in it")),
    Case(21, "a quarter of a second", clip.very_short, Works(NO_MATCH, warns="no transcript: phones were recognised")),
    Case(21, "120 pictures a second", clip.fast_rate, Works(CAREFUL, 0.0, within=0.02)),
    Case(19, "drift of 4 ms a second", clip.drift, Works(("audio-early",), course="drift")),
    Case(20, "the sound jumps by 0.2 s in the middle", clip.jump, Works(("uncertain",), course="jumps")),
    Case(21, "1000 frames a second in the header, 25 in truth", clip.absurd_rate, SAME),
)  # fmt: skip

PICTURE = (
    Case(22, "nobody in the picture", clip.grey, NO_FACE),
    Case(23, "a second face, at rest", clip.two_faces, Works(EARLY, 0.0, warns="2 faces: 1 (left) speaks 0%")),
    Case(24, "a face 25 pixels wide", clip.tiny_face, NO_FACE),
    Case(24, "as much of the face as a profile shows", clip.half_a_face, NO_FACE),
    Case(24, "a mask over mouth and chin", clip.masked, Works(("uncertain",), warns="no mouth in the picture moves")),
    Case(25, "a cut to a wall after 60 %, the voice goes on", clip.cut_away,
         Works(CAREFUL, 0.0, warns="a face was found in 60% of the frames only")),
    Case(26, "phone video, turned by 90°", clip.rotated, SAME),
    Case(26, "pixels twice as wide as high", clip.anamorphic, SAME),
    Case(26, "interlaced", clip.interlaced, Works(EARLY, 0.0, within=0.025)),
    Case(26, "10 bits a colour", clip.ten_bit, SAME),
    Case(26, "no colour (FFV1)", clip.colourless, SAME),
    Case(26, "transparent (FFV1, BGRA)", clip.transparent, SAME),
    Case(26, "odd width and height", clip.odd_size, SAME),
    Case(26, "the size changes in the middle", clip.size_changes, SAME),
    Case(27, "headers that claim 16000 x 16000 pixels", clip.huge_picture,
         Refused(MediaError, "pictures of 16000 x 16000 pixels are too large")),
    Case(28, "black pictures", clip.black, NO_FACE),
    Case(28, "a frozen picture", clip.frozen, Works(("uncertain",), warns="no mouth in the picture moves")),
    Case(28, "a puppet", clip.puppet, NO_FACE),
)  # fmt: skip

SILENT = Refused(AlignmentError, "is silent: its loudest sample has nothing but zeros")

SOUND = (
    Case(29, "8 kHz", clip.telephone, Works(EARLY, 0.0, warns="the sound was recorded at 8 kHz")),
    Case(29, "8 kHz within the clip", clip.telephone_clip, Works(EARLY, 0.0, warns="the sound was recorded at 8 kHz")),
    Case(30, "7.1 channels", clip.cinema, SAME),
    Case(30, "16 channels, speech in two", clip.sixteen_channels, SAME),
    Case(30, "the same in both channels", clip.dual_mono, SAME),
    Case(30, "one channel wired in reverse", clip.inverted, SAME),
    Case(31, "clipped", clip.clipped, SAME),
    Case(31, "an offset of half of full scale", clip.offset_voltage, SAME),
    Case(31, "digital silence", clip.digital_silence, SILENT),
    Case(31, "NaN, infinity and 1e30 among the samples", clip.no_numbers, SAME),
    Case(31, "nothing but NaN", clip.all_nan, SILENT),
    Case(32, "music, no transcript", clip.music, Works(NO_MATCH, warns="no transcript: phones were recognised")),
    Case(32, "white noise under a transcript", clip.white_noise,
         Works(("uncertain",), warns="the transcript may not belong to this audio")),
    Case(32, "white noise, no transcript", clip.noise_without_text,
         Works(("uncertain",), warns="no transcript: phones were recognised")),
    Case(33, "a minute of sound, three seconds of picture", clip.much_longer_sound, Works(CAREFUL, 0.0, warns="the sound lasts 60.0 s and the picture 3.0 s")),
    Case(33, "a second of sound, three of picture", clip.much_shorter_sound, Works(CAREFUL, warns="the sound lasts 1.2 s and the picture 3.0 s")),
    Case(32, "two voices at once", clip.crosstalk, Works(CAREFUL, 0.0, within=0.03, warns="the transcript may not belong")),
)  # fmt: skip

EMPTY = Refused(InputError, "the transcript is empty: it holds no word that could be spoken")
TOO_MANY = Refused(AlignmentError, "s of audio: nobody speaks so fast")
ALL_WORDS = Works(holds=(("words", "bin blue at f two now"),))
NOT_THIS = "the transcript may not belong to this audio"


def said(number: int, name: str, transcript: str, expected: Refused | Works) -> Case:
    """A case of the good sound with this text."""
    return Case(number, name, partial(text.said, transcript), expected, "align")


def written(number: int, name: str, data: bytes, expected: Refused | Works, file: str = "speech.txt") -> Case:
    """A case of the good sound with a transcript file of this content."""
    return Case(number, name, partial(text.written, data, name=file), expected, "align")


def aligned(number: int, name: str, data: bytes, file: str, expected: Refused | Works) -> Case:
    """A case of the good sound with an alignment file of this content."""
    return Case(number, name, partial(text.aligned, data, name=file), expected, "align")


TRANSCRIPTS = (
    said(34, "an empty text", "", EMPTY),
    said(34, "nothing that is spoken", "… — ?! [laughs] (quietly)", EMPTY),
    written(34, "an empty transcript file", b"", EMPTY),
    written(34, "white space", " \n\t\u2003\n".encode(), EMPTY),
    Case(34, "no transcript file of that name", text.no_transcript, Refused(ParseError, "can't be read: No such"), "align"),
    Case(34, "a folder as the transcript", text.transcript_folder, Refused(ParseError, "Is a directory"), "align"),
    said(35, "the text of another clip", text.OTHER, Works(warns=NOT_THIS)),
    said(36, "words that nobody knows", "bin xyzzy plugh", Refused(OutOfVocabulary, "xyzzy, plugh (near: plough")),
    said(36, "figures", "bin blue at f 2 now", ALL_WORDS),
    said(36, "money, dates, times", "$3.50 at 10:30", Works(warns=NOT_THIS, holds=(("words", "three fifty at ten thirty"),))),
    said(36, "figures that nobody can read", "bin 01:02:03:04", Refused(OutOfVocabulary, "line 1: '01:02:03:04'")),
    said(36, "character references", "bin blue at&nbsp;f&#32;two &lt;i&gt;now&lt;/i&gt;", ALL_WORDS),
    said(36, "a name before the text", "Anna: bin blue at f two now",
         Works(warns="line 1: 'Anna:'", holds=(("words", "bin blue at f two now"),))),
    said(36, "other scripts", "бин blue 你好", Refused(OutOfVocabulary, "бин, 你好")),
    said(36, "right to left", "\u202bשלום\u202c مرحبا", Refused(OutOfVocabulary, "שלום, مرحبا")),
    said(36, "accents apart from their letters (NFD)", text.DECOMPOSED,
         Works(warns=NOT_THIS, holds=(("words", "naive cafe bin"),))),
    Case(36, "zero-width characters", text.zero_width, ALL_WORDS, "align"),
    Case(36, "a byte-order mark", text.with_mark, ALL_WORDS, "align"),
    Case(36, "UTF-16", text.in_utf16, ALL_WORDS, "align"),
    written(36, "Latin-1", "bin blue café".encode("latin-1"),
            Works(warns="was read as Windows Latin-1, which is a guess", holds=(("words", "bin blue cafe"),))),
    written(36, "KOI8-R", "Привет, как дела сегодня".encode("koi8-r"), Refused(OutOfVocabulary, "привет, как, дела, сегодня")),
    written(36, "one word of a million letters", b"a" * 1_000_000, Refused(InputError, "a 'word' of 1000000 characters")),
    written(36, "6 MB", b"bin blue " * 700_000, Refused(ParseError, "has 6300000 bytes of a transcript")),
    written(36, "zero bytes", b"bin\0blue", Refused(ParseError, "holds zero bytes, so it is no text")),
    written(36, "ten thousand words in three seconds", b"bin blue " * 5_000, TOO_MANY),
    written(45, "100,000 brackets", b"(" * 100_000 + b"bin", Refused(InputError, "a 'word' of 100003 characters")),
    written(45, "90,000 names of speakers", b"A B C: " * 30_000, TOO_MANY),
    written(45, "a million spaces", b"bin" + b" " * 1_000_000 + b"blue at f two now", ALL_WORDS),
    written(45, "a number of 50,000 groups", b"1," * 50_000, TOO_MANY),
)  # fmt: skip

BAD_GRID, BAD_EAF = "a.TextGrid", "a.eaf"
NOT_EAF = Refused(ParseError, "not well-formed XML")
NO_DOCTYPE = Refused(ParseError, "declares a document type, which these files never do; it is not read")
OTHER_TEXT = Works(warns=NOT_THIS, holds=(("words", "bin"),))
TWO_WORDS = Works(holds=(("words", "bin blue"),))

ANNOTATIONS = (
    aligned(37, "an empty TextGrid", b"", BAD_GRID, Refused(ParseError, "not a TextGrid, which begins with")),
    aligned(37, "intervals that overlap", text.grid(("words", [(0, 2, "bin"), (1, 3, "blue")])), BAD_GRID,
            Refused(ParseError, "overlap in one tier; correct one of them")),
    aligned(37, "two tiers of one name", text.grid(("words", text.WORDS), ("words", text.WORDS)), BAD_GRID,
            Works(warns="several tiers hold words; the first one counts", holds=TWO_WORDS.holds)),
    aligned(37, "a time that is nan", text.grid(("words", [("nan", 1, "bin")])), BAD_GRID,
            Refused(ParseError, "a number was expected here (the end of interval 1 of tier 'words')")),
    aligned(37, "an interval that ends before it starts", text.grid(("words", [(2, 1, "bin")])), BAD_GRID,
            Refused(ParseError, "the end must come after the start")),
    aligned(37, "xmax before xmin", text.grid(("words", text.WORDS), start=3, end=0), BAD_GRID, TWO_WORDS),
    aligned(37, "a TextGrid of another recording", text.grid(("words", [(0, 1, ""), (1, 90, "bin")]), end=90), BAD_GRID,
            Refused(AlignmentError, "it goes from 1.00 to 90.00 s, but this audio ends at 3.02 s")),
    aligned(37, "a binary TextGrid", b"ooBinaryFile\x08TextGrid" + bytes(range(256)), BAD_GRID,
            Refused(ParseError, "a binary TextGrid that breaks off at byte 277")),
    aligned(37, "a TextGrid in Latin-1", text.GOOD_GRID.replace(b"bin", b"b\xefn"), BAD_GRID,
            Works(warns="no Unicode text, and was read as Windows Latin-1", holds=(("words", "b\u00efn blue"),))),
    aligned(37, "a TextGrid that promises 99,999,999 intervals",
            text.GOOD_GRID.replace(b"intervals: size = 4", b"intervals: size = 99999999"), BAD_GRID,
            Works(warns="says that it has 99999999 intervals", holds=TWO_WORDS.holds)),
    aligned(37, "a TextGrid without tiers", text.grid(), BAD_GRID, Refused(ParseError, "no tier of words, phones")),
    aligned(37, "an EAF without times", text.eaf(times=""), BAD_EAF,
            Refused(ParseError, "no tier of it holds an annotation of words")),
    aligned(37, "an EAF with a word for a time", text.eaf(times='TIME_VALUE="soon"'), BAD_EAF,
            Refused(ParseError, "'soon' is no time in milliseconds")),
    aligned(37, "an empty EAF", b"", BAD_EAF, NOT_EAF),
    aligned(37, "half an EAF", text.eaf()[:200], BAD_EAF, NOT_EAF),
    aligned(37, "an EAF in an encoding that does not exist", text.eaf().replace(b"UTF-8", b"UTF-6"), BAD_EAF,
            Refused(ParseError, "not XML that can be read (unknown encoding: UTF-6)")),
    aligned(42, "an EAF with entities of entities", text.eaf(head=text.BOMB, label="&b;"), BAD_EAF, NO_DOCTYPE),
    aligned(42, "an EAF that asks for another file", text.eaf(head=text.OUTSIDE, label="&a;"), BAD_EAF, NO_DOCTYPE),
    written(37, "a subtitle that ends before it starts", text.SRT_BACKWARD,
            Refused(ParseError, "the cue ends at 1 s, not after its start at 2 s"), "a.srt"),
    written(37, "a subtitle whose time is none", text.SRT_NONSENSE, Refused(ParseError, "is no line of times"), "a.srt"),
    written(37, "subtitles that begin after the sound ends", text.SRT_LATE,
            Refused(AlignmentError, "no word of the transcript could be placed in these 3 s of audio"), "a.srt"),
    written(37, "a subtitle of no length among others", text.SRT_USELESS,
            Works(warns="line 5: the cue ends at 0 s", holds=(("words", "bin blue at f two now"),)), "a.srt"),
    written(45, "100,000 voices within one another", text.SRT_VOICES,
            Refused(AlignmentError, "no word of the transcript could be placed in these 3 s of audio"), "a.srt"),
    written(37, "an empty subtitle file", b"", Refused(ParseError, "there is no cue in it"), "a.srt"),
    aligned(37, "a CTM with words for times", b"a 1 x y bin\n", "a.ctm", Refused(ParseError, "not a line of CTM")),
    aligned(37, "a table with other columns", b"a,b\n1,2\n", "a.csv", Refused(ParseError, "unknown columns")),
    aligned(37, "a PDF as the alignment", b"%PDF", "a.pdf", Refused(ParseError, "unknown kind of annotation")),
    aligned(44, "JSON of 100,000 lists in one another", b"[" * 100_000, "a.json", Refused(ParseError, "levels of data within data")),
    aligned(44, "JSON with NaN for a time",
            b'{"words": [], "phones": [{"label": "B", "start": NaN, "end": 1}]}', "a.json",
            Refused(ParseError, "has a time that is none")),
)  # fmt: skip


def mapped(name: str, old: str, new: str, expected: Refused | Works) -> Case:
    """A case of a shipped map with one thing changed."""
    return Case(38, name, partial(text.changed_map, old, new), expected, "maps")


def listed(number: int, name: str, data: bytes, expected: Refused | Works, file: str = "clips.csv") -> Case:
    """A case of a manifest of this content."""
    return Case(number, name, partial(text.manifest, data, name=file), expected, "batch")


NOT_A_MODEL = "not a lip model of this version"
NO_CLIP = Refused(ParseError, "the header has no column `clip`")

SETTINGS = (
    Case(38, "an empty viseme map", partial(text.viseme_map, ""), Refused(ParseError, "key alphabet is missing"), "maps"),
    Case(38, "a viseme map in YAML", partial(text.viseme_map, "A: [P, B]\nno: yes\n"), Refused(ParseError, "not a TOML file"),
         "maps"),
    mapped("a phone that ARPABET does not have", '"F"', '"F", "FF"', Refused(ParseError, "FF")),
    mapped("a phone in two visemes", '"F"', '"F", "P"', Refused(ParseError, "P")),
    mapped("a fallback that is no viseme", 'fallback = "', 'fallback = "Z', Refused(ParseError, "there is no viseme 'Z")),
    mapped("IPA in an ARPABET map", '"F"', '"F", "pʰ"', Refused(ParseError, "pʰ")),
    Case(38, "an empty lexicon", partial(text.lexicon, b""), Refused(ParseError, "no words in this lexicon"), "align"),
    Case(38, "a word without phones", partial(text.lexicon, b"bin B IH N\nblue\n"),
         Refused(ParseError, "'blue' has no phones"), "align"),
    Case(38, "a phone of no alphabet", partial(text.lexicon, b"bin B QQ N\n"), Refused(ParseError, "has the phone 'QQ'"), "align"),
    Case(38, "a lexicon in Latin-1", partial(text.lexicon, b"caf\xe9 K AE F\n"), Refused(ParseError, "not UTF-8"), "align"),
    Case(38, "a probability of 7", partial(text.lexicon, b"bin 7.0 B IH N\n"),
         Refused(ParseError, "it must be above 0 and at most 1"), "align"),
    Case(38, "a misspelt setting", partial(text.config, "[lips]\ndetect_evry = 3\n"),
         Refused(ConfigError, "did you mean detect_every?")),
    Case(38, "half a configuration", partial(text.config, "[lips\n"), Refused(ParseError, "not a TOML file")),
    Case(38, "a text for a number", partial(text.config, '[sync]\nmax_lag_seconds = "wide"\n'),
         Refused(ConfigError, "max_lag_seconds = 'wide' is not possible; allowed: a number")),
    Case(38, "nan for a number", partial(text.config, "[sync]\nmax_lag_seconds = nan\n"),
         Refused(ConfigError, "allowed: 0.1 to 600 seconds")),
    Case(43, "a model that is a pickle", text.pickled_model,
         Refused(ParseError, "Object arrays cannot be loaded when allow_pickle=False")),
    Case(43, "text as a model", partial(text.model, b"not a model"), Refused(ParseError, NOT_A_MODEL)),
    Case(43, "an empty model", partial(text.model, b""), Refused(ParseError, NOT_A_MODEL)),
    Case(43, "a model of another kind", text.strange_model, Refused(ParseError, "its format is 'something else'")),
    Case(43, "a model of 100 kB that unpacks to 100 MB", text.bomb_model, Refused(ParseError, "a lip model unpacks to; the limit is")),
    Case(43, "an archive whose files climb out of it", text.climbing_archive, Refused(ParseError, "climb.zip"), "align"),
)  # fmt: skip

ONE_CLIP = (("n_clips", 1), ("n_missing", 0))

MANIFESTS = (
    listed(39, "an empty manifest", b"", NO_CLIP),
    listed(39, "a header without rows", b"clip,text\n", Refused(ParseError, "there is no clip in this manifest")),
    listed(39, "byte-order mark and semicolons", b"\xef\xbb\xbfclip;text\na.mp4;bin, blue\n", Works(holds=ONE_CLIP)),
    listed(39, "an id twice", b"clip,id\na.mp4,x\nb.mp4,x\n", Refused(ParseError, "the id 'x' stands in line 2 as well")),
    listed(39, "ids that differ by case", b"clip,id\na.mp4,x\nb.mp4,X\n", Refused(ParseError, "the id 'X' stands in")),
    listed(39, "no column of clips", b"file,text\na.mp4,bin\n", NO_CLIP),
    listed(39, "a misspelt column", b"clip,transcrpt\na.mp4,bin\n", Refused(ParseError, "did you mean transcript?")),
    listed(39, "several faults, told at once", b"clip,text,transcript\na.mp4,x,y\n,x,\n",
           Refused(ParseError, "give one | line 3: there is no `clip`")),
    listed(39, "UTF-16", "clip\na.mp4\n".encode("utf-16"), Refused(ParseError, "save it as UTF-8")),
    listed(39, "a quote that does not end", b'clip,text\na.mp4,"bin\n', Refused(ParseError, "not CSV")),
    listed(39, "more cells than headings", b"clip\na.mp4,b,c\n", Refused(ParseError, "3 cells under 1 headings")),
    Case(39, "5,000 rows", text.many_rows, Works(holds=(("n_clips", 5_000), ("n_missing", 5_000))), "batch"),
    Case(39, "a folder with a link to itself", text.linked_folder,
         Works(holds=ONE_CLIP, warns="1 clip(s) without a transcript beside them"), "batch"),
    listed(12, "addresses in a manifest are files that are missing",
           b"clip\nhttp://127.0.0.1:9/a.mp4\nconcat:a.mp4|a.mp4\n", Works(holds=(("n_clips", 2), ("n_missing", 2)))),
    listed(13, "a NUL in a name", b"clip\nnul\0.mp4\n", Refused(ParseError, "`clip` holds a control character")),
    listed(44, "a name twice in a JSON line", b'{"clip": "a.mp4", "clip": "b.mp4"}\n',
           Refused(ParseError, "stands twice in one object"), "clips.jsonl"),
    listed(44, "lists in one another in a JSON line", b"[" * 100_000 + b"\n", Refused(ParseError, "levels of data"),
           "clips.jsonl"),
    listed(44, "a number for a clip", b'{"clip": 5}\n', Refused(ParseError, "clip is 5, not a text"), "clips.jsonl"),
)  # fmt: skip

CASES = (*MEDIA, *TIMING, *PICTURE, *SOUND, *TRANSCRIPTS, *ANNOTATIONS, *SETTINGS, *MANIFESTS)

ELSEWHERE = (
    Elsewhere(40, "text that a spreadsheet would run as a formula",
              ("faults/test_security.py::test_no_cell_of_a_table_is_a_formula", "files/test_text_files.py::test_text_cells_can_not_act_as_formulas")),
    Elsewhere(41, "text that a browser would run as a script",
              ("browser/test_hostile_pages.py::test_hostile_texts_are_shown_and_never_run",)),
    Elsewhere(46, "a full or read-only disk, a folder that goes away",
              ("faults/test_disk.py::test_a_full_disk", "faults/test_disk.py::test_places_that_can_not_be_written_to",
               "faults/test_disk.py::test_a_folder_that_goes_away", "media/test_clips.py::test_full_disk")),
    Elsewhere(47, "an input that changes or vanishes meanwhile",
              ("faults/test_disk.py::test_an_input_that_changes_while_it_is_read",)),
    Elsewhere(48, "an output that is one of the inputs, by name or by link", ("faults/test_disk.py::test_no_output_is_an_input",)),
    Elsewhere(49, "killed at every step; a worker that dies, hangs or fills the memory",
              ("faults/test_kills.py::test_a_check_killed_at_each_step", "faults/test_kills.py::test_a_batch_killed_at_its_steps_goes_on",
               "batch/test_batch.py::test_killed_parent_leaves_nobody_behind_and_loses_what_was_in_flight_only")),
    Elsewhere(50, "two runs on one folder",
              ("faults/test_disk.py::test_two_runs_of_a_batch_or_a_search_on_one_folder", "batch/test_batch.py::test_two_runs_on_one_folder")),
    Elsewhere(51, "a missing package or program", ("test_doctor.py::test_a_missing_package_is_a_fault",)),
    Elsewhere(52, "odd locales, terminals and closed streams",
              ("faults/test_standard_streams.py::test_locales", "faults/test_standard_streams.py::test_closed_streams",
               "faults/test_standard_streams.py::test_terminals_of_any_kind", "faults/test_standard_streams.py::test_a_reader_that_leaves_is_no_fault")),
)  # fmt: skip
