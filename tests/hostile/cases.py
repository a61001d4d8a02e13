"""The table of bad inputs: what each is, and what must come out of it, from Python and on the command line.

The numbers are those of the catalogue of 52 kinds that the table follows; ``docs/hostile_inputs.md`` is written from
here by ``write_table.py``.
"""

from __future__ import annotations

from functools import partial

import bad_clips as clip
from expected import Case, Refused, Works

from visalign.errors import AlignmentError, FaceNotFound, MediaError, MissingStream

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
    Case(5, "text named .mp4", clip.plain_text, NOT_MEDIA),
    Case(5, "PDF named .mp4", clip.pdf, NOT_MEDIA),
    Case(5, "zip named .mp4", clip.zip_file, NOT_MEDIA),
    Case(6, "a folder named .mp4", clip.folder, Refused(MediaError, "this is a folder. Give one clip")),
    Case(6, "a named pipe", clip.pipe, Refused(MediaError, "not a regular file")),
    Case(6, "a device (/dev/zero)", clip.device, Refused(MediaError, "not a regular file")),
    Case(6, "a link to nothing", clip.broken_link, Refused(MediaError, "a link to a file that does not exist")),
    Case(7, "no sound", clip.no_sound, Refused(MissingStream, "Give the sound as a separate file with --audio FILE")),
    Case(8, "no picture", clip.no_picture, Refused(MissingStream, "no video stream")),
    Case(8, "a cover picture in place of a film", clip.cover_picture, Refused(MissingStream, "no video stream")),
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
    Case(14, "variable frame rate, MP4", clip.variable_mp4, Works(EARLY, 0.0, within=0.022)),
    Case(14, "variable frame rate, Matroska", clip.variable_mkv, Works(EARLY, 0.0, within=0.022)),
    Case(15, "both streams start at 5 s", clip.late_start, SAME),
    Case(15, "both streams start at 1000 s, MPEG-TS", clip.late_start_ts, SAME),
    Case(15, "B-frames, MP4", clip.b_frames_mp4, SAME),
    Case(15, "B-frames, MPEG-TS", clip.b_frames_ts, SAME),
    Case(16, "pictures with the time of the one before", clip.repeated_times, SAME),
    Case(16, "times that run backward", clip.backward_times, SAME),
    Case(16, "the 33-bit clock of MPEG-TS wraps around", clip.wrap_around, SAME),
    Case(17, "sound 0.2 s late by an edit list", clip.edit_list, Works(("audio-late", "uncertain"), -0.2)),
    Case(17, "sound 0.2 s late, MPEG-TS", clip.early_picture_ts, Works(("audio-late", "uncertain"), -0.2)),
    *(Case(18, f"priming of {codec} in {name.rpartition('.')[2]}", partial(clip.priming, name=name, codec=codec), SAME)
      for name, codec in (("clip.mp4", "aac"), ("clip.mkv", "aac"), ("clip.ts", "aac"), ("clip.mp4", "libmp3lame"),
                          ("clip.mkv", "libmp3lame"), ("clip.mkv", "libopus"), ("clip.mp4", "libopus"))),
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
    Case(33, "a minute of sound, three seconds of picture", clip.much_longer_sound, Works(CAREFUL, 0.0)),
    Case(32, "two voices at once", clip.crosstalk, Works(NO_MATCH, warns="the transcript may not belong")),
)  # fmt: skip

CASES = (*MEDIA, *TIMING, *PICTURE, *SOUND)
