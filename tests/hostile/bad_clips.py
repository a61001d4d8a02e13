"""Clips that are broken, oddly timed, or show and say what can't be analysed; each function makes one."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from workshop import RATE, RATE_HZ, Image, Options, Packet, Sound, Workshop, damaged, noise, resized

from visalign.media.clips import read_audio

# ---- files that are no media ----


def empty(shop: Workshop) -> Options:
    return {"video": shop.bytes("clip.mp4", b"")}


def missing(shop: Workshop) -> Options:
    return {"video": shop.folder / "nowhere.mp4"}


def still_recording(shop: Workshop) -> Options:
    """An MP4 without its table of contents, which is written last."""
    data = shop.base.path.read_bytes()
    return {"video": shop.bytes("clip.mp4", data[: len(data) // 2])}


def plain_text(shop: Workshop) -> Options:
    return {"video": shop.text("clip.mp4", "hello\n" * 500)}


def pdf(shop: Workshop) -> Options:
    return {
        "video": shop.bytes("clip.mp4", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 40)
    }


def zip_file(shop: Workshop) -> Options:
    path = shop.folder / "clip.mp4"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clip.txt", "bin blue")
    return {"video": path}


def folder(shop: Workshop) -> Options:
    path = shop.folder / "clip.mp4"
    path.mkdir()
    return {"video": path}


def pipe(shop: Workshop) -> Options:
    path = shop.folder / "clip.mp4"
    os.mkfifo(path)
    return {"video": path}


def device(_shop: Workshop) -> Options:
    return {"video": Path("/dev/zero")}


def broken_link(shop: Workshop) -> Options:
    path = shop.folder / "clip.mp4"
    path.symlink_to("nowhere.mp4")
    return {"video": path}


def ffconcat(shop: Workshop) -> Options:
    return {"video": shop.text("clip.mp4", f"ffconcat version 1.0\nfile '{shop.base.path}'\n")}


def hls(shop: Workshop) -> Options:
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{shop.base.path}\n#EXT-X-ENDLIST\n"
    return {"video": shop.text("clip.mp4", text)}


def dash(shop: Workshop) -> Options:
    text = (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT3S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1">'
        f"<BaseURL>{shop.base.path}</BaseURL></Representation></AdaptationSet></Period></MPD>\n"
    )
    return {"video": shop.text("clip.mp4", text)}


def sdp(shop: Workshop) -> Options:
    text = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 96\n"
    return {"video": shop.text("clip.mp4", text)}


def concat_address(shop: Workshop) -> Options:
    return {"video": Path(f"concat:{shop.base.path}|{shop.base.path}")}


def subfile_address(shop: Workshop) -> Options:
    return {"video": Path(f"subfile,,start,0,end,0,,:{shop.base.path}")}


def web_address(_shop: Workshop) -> Options:
    return {"video": Path("http://127.0.0.1:9/clip.mp4")}


def pipe_address(_shop: Workshop) -> Options:
    return {"video": Path("pipe:0")}


def data_address(_shop: Workshop) -> Options:
    return {"video": Path("data:video/mp4;base64,AAAA")}


# ---- damage ----


def _cut(shop: Workshop, path: Path, part: float) -> Options:
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    return {"video": path, "text": shop.base.text}


def _same(packets: list[Packet]) -> list[Packet]:
    return packets


def truncated_mkv(shop: Workshop) -> Options:
    return _cut(shop, shop.copied("clip.mkv", _same), 0.7)


def truncated_ts(shop: Workshop) -> Options:
    return _cut(shop, shop.copied("clip.ts", _same), 0.7)


def truncated_mp4(shop: Workshop) -> Options:
    """An MP4 that begins with its table of contents, as for the web."""
    path = shop.copied("clip.mp4", _same, container_options={"movflags": "+faststart"})
    return _cut(shop, path, 0.7)


def few_damaged_packets(shop: Workshop) -> Options:
    path = shop.film("clip.mkv", options={"g": "5"})
    return {"video": damaged(path, lambda n: n in (31, 62)), "text": shop.base.text}


def many_damaged_packets(shop: Workshop) -> Options:
    path = shop.film("clip.mkv", options={"g": "5"})
    return {"video": damaged(path, lambda n: n % 2 == 1), "text": shop.base.text}


def damaged_sound(shop: Workshop) -> Options:
    path = shop.film("clip.mkv", codec="flac")
    return {"video": damaged(path, lambda n: n % 9 == 4, kind="audio"), "text": shop.base.text}


# ---- streams ----


def no_sound(shop: Workshop) -> Options:
    return {"video": shop.copied("clip.mp4", _same, kinds=("video",)), "text": shop.base.text}


def no_picture(shop: Workshop) -> Options:
    return {"video": shop.copied("clip.m4a", _same, kinds=("audio",)), "text": shop.base.text}


def cover_picture(shop: Workshop) -> Options:
    path = shop.folder / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 96, 128, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((96, 128, 3), np.uint8))))
        container.mux(cover.encode(None))
        block = av.AudioFrame.from_ndarray(shop.base.sound[None, : 2 * RATE_HZ], format="fltp", layout="mono")
        block.sample_rate = RATE_HZ
        container.mux(sound.encode(block))
        container.mux(sound.encode(None))
    return {"video": path, "text": shop.base.text}


def two_tracks(shop: Workshop) -> Options:
    """The second sound track is the default one; the first is a hum."""
    hum = (0.1 * noise(len(shop.base.sound))).astype(np.float32)
    path = shop.film("clip.mkv", sounds=((hum, False), (shop.base.sound, True)))
    return {"video": path, "text": shop.base.text}


def other_track(shop: Workshop) -> Options:
    return two_tracks(shop) | {"track": 1}


def no_track(shop: Workshop) -> Options:
    return two_tracks(shop) | {"track": 7}


def unknown_codec(shop: Workshop) -> Options:
    """The picture's codec is one that nobody knows, as in protected films."""
    data = shop.base.path.read_bytes()
    return {"video": shop.bytes("clip.mp4", data.replace(b"avc1", b"drmi").replace(b"avcC", b"xxxx"))}


# ---- names ----

ODD_NAMES = ("12:30.mp4", "-dash.mp4", "%03d.mp4", "new\nline.mp4", "😀 ünï.mp4", "a b#?&%20'\".mp4", "x" * 250)


def odd_name(number: int, shop: Workshop) -> Options:
    return {"video": shop.clip(ODD_NAMES[number]), "text": shop.base.text}


# ---- timing ----


def variable_rate(shop: Workshop, name: str) -> Options:
    """Every second picture is left out in the middle third, as phones do in the dark."""
    n = len(shop.base.images)
    kept = [i for i in range(n) if not n / 3 < i < 2 * n / 3 or i % 2 == 0]
    times = [i / RATE for i in kept]
    images = [shop.base.images[i] for i in kept]
    return {"video": shop.film(name, images, time_of=times.__getitem__), "text": shop.base.text}


def variable_mp4(shop: Workshop) -> Options:
    return variable_rate(shop, "phone.mp4")


def variable_mkv(shop: Workshop) -> Options:
    return variable_rate(shop, "phone.mkv")


def late_start(shop: Workshop) -> Options:
    """Both streams begin at 5 s."""
    return {"video": shop.film("clip.mkv", picture_delay=5.0, sound_delay=5.0), "text": shop.base.text}


def late_start_ts(shop: Workshop) -> Options:
    return {"video": shop.film("clip.ts", picture_delay=1000.0, sound_delay=1000.0), "text": shop.base.text}


def negative_start(shop: Workshop, seconds: float = 0.4) -> Options:
    """Both streams begin before 0; MP4 stores that as an edit list, which leaves out what lies there."""
    options = {"avoid_negative_ts": "0"}
    path = shop.film("clip.mp4", picture_delay=-seconds, sound_delay=-seconds, container_options=options)
    return {"video": path, "text": shop.base.text}


def start_within_a_frame(shop: Workshop) -> Options:
    return negative_start(shop, 0.5)


def b_frames(shop: Workshop, name: str) -> Options:
    options = {"preset": "medium", "bf": "3", "b-adapt": "0"}
    return {"video": shop.film(name, options=options), "text": shop.base.text}


def b_frames_mp4(shop: Workshop) -> Options:
    return b_frames(shop, "clip.mp4")


def b_frames_ts(shop: Workshop) -> Options:
    return b_frames(shop, "clip.ts")


def edit_list(shop: Workshop) -> Options:
    """The sound starts 0.2 s late by an edit list: a real delay."""
    return {"video": shop.film("clip.mp4", sound_delay=0.2), "text": shop.base.text}


def early_picture_ts(shop: Workshop) -> Options:
    return {"video": shop.film("clip.ts", sound_delay=0.2), "text": shop.base.text}


def repeated_times(shop: Workshop) -> Options:
    """Some pictures have the time of the one before."""
    path = shop.film("clip.mkv", time_of=lambda i: (i - 1 if i % 10 == 5 else i) / RATE, options={"bf": "0"})
    return {"video": path, "text": shop.base.text}


def backward_times(shop: Workshop) -> Options:
    """Some pictures of the middle are stamped a second early: times run backward, then jump."""
    path = shop.film("clip.ts", options={"bf": "0"})
    data, n_pictures = bytearray(path.read_bytes()), 0
    for start in range(0, len(data) - 187, 188):
        is_picture = data[start + 1] & 0x40 and (data[start + 1] & 0x1F) << 8 | data[start + 2] == 0x100
        n_pictures += bool(is_picture)
        if is_picture and 30 <= n_pictures < 34:
            _move_clock(data, start, -90_000)
    path.write_bytes(bytes(data))
    return {"video": path, "text": shop.base.text}


def wrap_around(shop: Workshop) -> Options:
    """A transport stream whose 33-bit clock starts again at 0 in the middle."""
    first = Fraction(2**33, 90_000) - Fraction(3, 2)
    path = shop.film("clip.ts", options={"bf": "0"})
    data = bytearray(path.read_bytes())
    shift = int(first * 90_000)
    for start in range(0, len(data) - 187, 188):
        _move_clock(data, start, shift)
    path.write_bytes(bytes(data))
    return {"video": path, "text": shop.base.text}


def _move_clock(data: bytearray, start: int, shift: int) -> None:
    """Add `shift` ticks to the PTS, DTS and PCR of a packet of a transport stream, modulo 2**33."""
    if not data[start + 3] & 0x10 and not data[start + 3] & 0x20:
        return
    at = start + 4
    if data[start + 3] & 0x20:
        length = data[at]
        if length and data[at + 1] & 0x10:
            pcr = int.from_bytes(data[at + 2 : at + 8], "big")
            base = ((pcr >> 15) + shift) % 2**33
            data[at + 2 : at + 8] = (base << 15 | pcr & 0x7FFF).to_bytes(6, "big")
        at += 1 + length
    if data[start + 1] & 0x40 and data[at : at + 3] == b"\0\0\1" and at + 19 <= start + 188:
        flags = data[at + 7] >> 6
        for n in range({2: 1, 3: 2}.get(flags, 0)):
            _move_stamp(data, at + 9 + 5 * n, shift)


def _move_stamp(data: bytearray, at: int, shift: int) -> None:
    five = data[at : at + 5]
    ticks = (five[0] >> 1 & 7) << 30 | five[1] << 22 | (five[2] >> 1) << 15 | five[3] << 7 | five[4] >> 1
    ticks = (ticks + shift) % 2**33
    data[at : at + 5] = bytes(
        [
            five[0] & 0xF0 | (ticks >> 30 & 7) << 1 | 1,
            ticks >> 22 & 0xFF,
            (ticks >> 15 & 0x7F) << 1 | 1,
            ticks >> 7 & 0xFF,
            (ticks & 0x7F) << 1 | 1,
        ]
    )


def priming(shop: Workshop, name: str, codec: str) -> Options:
    return {"video": shop.film(name, codec=codec), "text": shop.base.text}


def one_picture(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mp4", shop.base.images[:1]), "text": shop.base.text}


def very_short(shop: Workshop) -> Options:
    path = shop.film("clip.mp4", shop.base.images[20:26], shop.base.sound[int(0.8 * RATE_HZ) : int(1.04 * RATE_HZ)])
    return {"video": path}


def one_a_second(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mp4", shop.base.images[::25], rate=1), "text": shop.base.text}


def fast_rate(shop: Workshop) -> Options:
    """120 pictures a second: each of the good clip's about five times."""
    n = int(len(shop.base.images) / RATE * 120)
    small = [resized(image, (320, 320)) for image in shop.base.images]
    images = [small[min(int(i * RATE / 120), len(small) - 1)] for i in range(n)]
    return {"video": shop.film("clip.mp4", images, rate=120), "text": shop.base.text}


def absurd_rate(shop: Workshop) -> Options:
    """The header says 1000 pictures a second; the times are those of 25."""
    path = shop.film("clip.mp4", rate=1000, time_of=lambda i: i / RATE)
    return {"video": path, "text": shop.base.text}


# ---- the picture ----


def grey(shop: Workshop) -> Options:
    images = [np.full((240, 240, 3), 128, np.uint8)] * 40
    return {"video": shop.film("clip.mp4", images), "text": shop.base.text}


def black(shop: Workshop) -> Options:
    images = [np.zeros((240, 240, 3), np.uint8)] * 40
    return {"video": shop.film("clip.mp4", images), "text": shop.base.text}


def frozen(shop: Workshop) -> Options:
    """The first picture stands still while the sound runs on."""
    images = [shop.base.images[0]] * len(shop.base.images)
    return {"video": shop.film("clip.mp4", images), "text": shop.base.text}


def two_faces(shop: Workshop) -> Options:
    """A face at rest beside the one that speaks."""
    still = resized(shop.base.images[0], (320, 320))
    pairs = [np.hstack([still, resized(image, (320, 320))]) for image in shop.base.images]
    return {"video": shop.film("clip.mp4", pairs), "text": shop.base.text}


def tiny_face(shop: Workshop) -> Options:
    """The face is some 25 pixels wide."""

    def image(whole: Image) -> Image:
        picture = np.full((240, 320, 3), 120, np.uint8)
        picture[90:150, 130:190] = resized(whole, (60, 60))
        return picture

    return {"video": shop.film("clip.mp4", map(image, shop.base.images)), "text": shop.base.text}


def half_a_face(shop: Workshop) -> Options:
    """As much of the face as a profile shows: the picture ends at the nose."""
    return {"video": shop.film("clip.mp4", (x[:, 240:] for x in shop.base.images)), "text": shop.base.text}


def masked(shop: Workshop) -> Options:
    """A white mask over mouth and chin."""

    def image(whole: Image) -> Image:
        picture = whole.copy()
        picture[290:420, 130:350] = 235
        return picture

    return {"video": shop.film("clip.mp4", map(image, shop.base.images)), "text": shop.base.text}


def puppet(shop: Workshop) -> Options:
    """Two dots and a bar that opens and closes with the loudness: a mouth, but no face that landmarks fit."""
    n = len(shop.base.images)
    step = len(shop.base.sound) // n
    level = [float(np.abs(shop.base.sound[i * step : (i + 1) * step]).max()) for i in range(n)]

    def image(loud: float) -> Image:
        picture = np.full((240, 240, 3), (250, 220, 60), np.uint8)
        picture[70:90, 70:90] = picture[70:90, 150:170] = 20
        height = 4 + int(40 * loud)
        picture[160 - height // 2 : 160 + height // 2, 80:160] = (180, 20, 20)
        return picture

    return {"video": shop.film("clip.mp4", map(image, level)), "text": shop.base.text}


def cut_away(shop: Workshop) -> Options:
    """After 60 % the picture cuts to a grey wall; the voice goes on."""
    n = len(shop.base.images)
    images = [image if i < 0.6 * n else np.full_like(image, 140) for i, image in enumerate(shop.base.images)]
    return {"video": shop.film("clip.mp4", images), "text": shop.base.text}


def rotated(shop: Workshop) -> Options:
    turned = (np.ascontiguousarray(np.rot90(image, -1)) for image in shop.base.images)
    return {"video": shop.film("phone.mp4", turned, rotation_degrees=90), "text": shop.base.text}


def anamorphic(shop: Workshop) -> Options:
    images = (resized(image, (480, 240)) for image in shop.base.images)
    return {"video": shop.film("clip.mp4", images, pixel_aspect=Fraction(2)), "text": shop.base.text}


def interlaced(shop: Workshop) -> Options:
    images = list(shop.base.images)
    woven = []
    for index, image in enumerate(images):
        field = image.copy()
        field[1::2] = images[min(index + 1, len(images) - 1)][1::2]
        woven.append(field)
    options = {"x264-params": "interlaced=1:tff=1"}
    return {"video": shop.film("clip.mp4", woven, options=options), "text": shop.base.text}


def ten_bit(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mkv", pixel_format="yuv420p10le"), "text": shop.base.text}


def colourless(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mkv", video_codec="ffv1", pixel_format="gray"), "text": shop.base.text}


def transparent(shop: Workshop) -> Options:
    small = (resized(image, (320, 320)) for image in shop.base.images)
    return {"video": shop.film("clip.mkv", small, video_codec="ffv1", pixel_format="bgra"), "text": shop.base.text}


def odd_size(shop: Workshop) -> Options:
    images = (image[:-1, :-3] for image in shop.base.images)
    path = shop.film("clip.mkv", map(np.ascontiguousarray, images), video_codec="ffv1", pixel_format="yuv444p")
    return {"video": path, "text": shop.base.text}


def size_changes(shop: Workshop) -> Options:
    """A transport stream whose pictures shrink to 320 x 320 in the middle, as live streams do."""
    n = len(shop.base.images) // 2
    first = shop.film("a.ts", shop.base.images[:n], shop.base.sound, options={"bf": "0"})
    small = [resized(image, (320, 320)) for image in shop.base.images[n:]]
    second = shop.film("b.ts", small, shop.base.sound[:1024], picture_delay=n / RATE, options={"bf": "0"})
    path = shop.bytes("clip.ts", first.read_bytes() + second.read_bytes())
    first.unlink()
    second.unlink()
    return {"video": path, "text": shop.base.text}


def huge_picture(shop: Workshop) -> Options:
    """A JPEG film of 64 x 64 pixels whose headers say 16000 x 16000."""
    path = shop.folder / "huge.avi"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=25)
        video.height, video.width, video.pix_fmt = 64, 64, "yuvj420p"
        sound = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        container.mux(video.encode(None))
        pcm = (20_000 * shop.base.sound[None, :RATE_HZ]).astype(np.int16)
        block = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        block.sample_rate = RATE_HZ
        container.mux(sound.encode(block))
    data = path.read_bytes()
    start = data.index(b"\xff\xc0") + 5  # JPEG's start of frame: height and width, two bytes each
    data = data[:start] + struct.pack(">HH", 16000, 16000) + data[start + 4 :]
    start = data.index(b"strf") + 12  # AVI's stream format: width and height, four bytes each
    path.write_bytes(data[:start] + struct.pack("<II", 16000, 16000) + data[start + 8 :])
    return {"video": path}


# ---- the sound ----


def _with_sound(shop: Workshop, samples: Sound, rate_hz: int = RATE_HZ, subtype: str = "FLOAT") -> Options:
    path = shop.folder / "sound.wav"
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return {"video": shop.clip(), "audio": path, "text": shop.base.text}


def telephone(shop: Workshop) -> Options:
    return _with_sound(shop, read_audio(shop.base.path, 8000).samples, 8000)


def telephone_clip(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mkv", codec="pcm_s16le", rate_hz=8000), "text": shop.base.text}


def cinema(shop: Workshop) -> Options:
    return {"video": shop.film("clip.mp4", layout="7.1"), "text": shop.base.text}


def sixteen_channels(shop: Workshop) -> Options:
    wide = np.zeros((len(shop.base.sound), 16), np.float32)
    wide[:, 2] = wide[:, 9] = shop.base.sound
    return _with_sound(shop, wide)


def dual_mono(shop: Workshop) -> Options:
    return _with_sound(shop, np.stack([shop.base.sound] * 2, axis=1))


def inverted(shop: Workshop) -> Options:
    return _with_sound(shop, np.stack([shop.base.sound, -shop.base.sound], axis=1))


def clipped(shop: Workshop) -> Options:
    return _with_sound(shop, np.clip(12 * shop.base.sound, -1, 1))


def offset_voltage(shop: Workshop) -> Options:
    return _with_sound(shop, 0.4 * shop.base.sound + np.float32(0.5))


def digital_silence(shop: Workshop) -> Options:
    return _with_sound(shop, np.zeros_like(shop.base.sound))


def no_numbers(shop: Workshop) -> Options:
    samples = shop.base.sound.copy()
    samples[1000:2000], samples[4000], samples[5000] = np.nan, np.inf, 1e30
    return _with_sound(shop, samples)


def all_nan(shop: Workshop) -> Options:
    return _with_sound(shop, np.full_like(shop.base.sound, np.nan))


def music(shop: Workshop) -> Options:
    t = np.arange(len(shop.base.sound)) / RATE_HZ
    notes = [220, 277.2, 329.6, 440, 554.4]
    chord = sum(np.sin(2 * np.pi * f * t) for f in notes) * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t))
    return _with_sound(shop, (0.08 * chord).astype(np.float32)) | {"text": None}


def white_noise(shop: Workshop) -> Options:
    return _with_sound(shop, 0.2 * noise(len(shop.base.sound)))


def noise_without_text(shop: Workshop) -> Options:
    return white_noise(shop) | {"text": None}


def much_longer_sound(shop: Workshop) -> Options:
    """A minute of sound under three seconds of picture."""
    room = (4e-4 * noise(57 * RATE_HZ)).astype(np.float32)
    return _with_sound(shop, np.concatenate([shop.base.sound, room]))


def much_shorter_sound(shop: Workshop) -> Options:
    return _with_sound(shop, shop.base.sound[: int(1.2 * RATE_HZ)]) | {"text": "bin blue"}


def crosstalk(shop: Workshop) -> Options:
    """A second voice, as loud, that says the same backward in time: nobody's transcript."""
    return _with_sound(shop, 0.7 * (shop.base.sound + shop.base.sound[::-1]))


# ---- long clips, made of the good one again and again ----

REPEATS = 8


def _long(shop: Workshop, sound_of: float, jump: float = 0.0) -> Options:
    """The good clip `REPEATS` times, its sound played `sound_of` as fast, and `jump` s late in the second half."""
    period = Fraction(len(shop.base.images), RATE)

    def change(packets: list[Packet]) -> Iterator[Packet]:
        for n in range(REPEATS):
            for packet in packets:
                if packet.kind == "video":
                    yield replace(packet, pts=packet.pts + n * period, dts=packet.dts + n * period)

    video = shop.copied("clip.mp4", change, kinds=("video",))
    n_period = int(period * RATE_HZ)
    one = np.resize(shop.base.sound[:n_period], n_period)
    sound = np.tile(one, REPEATS)
    at = np.arange(len(sound)) * sound_of
    if jump:
        at = np.where(np.arange(len(sound)) > len(sound) / 2, at - jump * RATE_HZ, at)
    moved = np.interp(at, np.arange(len(sound)), sound, left=0, right=0).astype(np.float32)
    path = shop.folder / "sound.wav"
    soundfile.write(path, moved, RATE_HZ, subtype="FLOAT")
    return {"video": video, "audio": path, "text": " ".join([shop.base.text] * REPEATS)}


def drift(shop: Workshop) -> Options:
    return _long(shop, 1.004)


def jump(shop: Workshop) -> Options:
    return _long(shop, 1.0, jump=0.2)
