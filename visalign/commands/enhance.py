"""``visalign enhance`` and ``visalign vad``: clearer speech, and where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.choices import choice, known
from visalign.commands.console import facts_table, progress_line, screen, show_written, tier_table
from visalign.commands.given import refuse_missing
from visalign.commands.options import NeededOutput, Overwrite, Quiet, Track, output_for
from visalign.errors import ConfigError
from visalign.files.outputs import refuse_existing

if TYPE_CHECKING:
    from visalign.signals import Channels
    from visalign.timeline import Tier

__all__ = ["ENHANCE_EPILOG", "VAD_EPILOG", "enhance", "vad"]

ENHANCE_EPILOG = (
    "visalign enhance noisy.wav clear.wav --chain speech\n\n"
    'visalign enhance clip.mp4 clear.mp4 --chain "highpass:100,subtract:over=4:floor=0.05,eq:speech,loudness:-23"\n\n'
    "visalign enhance lapel.wav clear.wav --chain cancel --noise fan.wav\n\n"
    "Steps: subtract[:over=3:floor=0.02]  wiener[:floor_db=-18:smoothing=0.98]  cancel[:length=0.008:step=0.02]  "
    "highpass[:80]  eq:PRESET or eq:HZ/DB/Q\\[/lowshelf|highshelf]  loudness[:-23]. Whole chains: speech, noisy, align."
)
VAD_EPILOG = "visalign vad clip.mp4 -o speech.csv\n\nvisalign vad talk.wav --detector webrtc -o speech.TextGrid"

_SUFFIXES = (".csv", ".json", ".TextGrid")


def enhance(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Sound, or a clip with sound.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help=".wav, or a clip: .mp4 .mov .mkv .webm .ts")],
    chain: Annotated[
        str,
        known(
            "--chain",
            names=lambda: ("speech", "noisy", "align"),
            help="Steps with commas between them, or the name of a chain.",
        ),
    ] = "speech",
    noise: Annotated[Path | None, typer.Option(help="For cancel: the noise alone, on the same clock.")] = None,
    clean: Annotated[Path | None, typer.Option(help="A clean original to compare with (SI-SDR, PESQ, STOI).")] = None,
    track: Track = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Make speech clearer, without moving it: every sample stays at its time."""
    refuse_existing(target, overwrite=overwrite)
    refuse_missing(source, noise, clean)
    # These load numpy, scipy and FFmpeg.
    from visalign.files.outputs import check_output
    from visalign.media.clips import read_channels
    from visalign.sound.enhancement import enhance_channels, parse_chain

    inputs = [path for path in (source, noise, clean) if path is not None]
    check_output(target, suffixes=(target.suffix,), overwrite=overwrite, inputs=inputs)
    alone = None if noise is None else visalign.read_audio(noise, read_channels(source, track=track).rate_hz)
    steps = parse_chain(chain, alone)
    with progress_line(enabled=not quiet) as progress:
        progress("enhancing", None)
        before = read_channels(source, track=track)
        after = enhance_channels(before, steps)
        left_out = _write(source, target, after, track)
    if not quiet:
        screen().print(facts_table(("", ">before", ">after"), _quality_rows(before, after, clean)))
        for name in left_out:
            screen(stderr=True).print(f"Warning: the new container can't hold {name}; it was left out.", style="yellow")
        show_written(target)


def _write(source: Path, target: Path, sound: Channels, track: int | None) -> tuple[str, ...]:
    # Loads FFmpeg.
    from visalign.media.clips import default_track, probe, write_channels
    from visalign.media.remux import Recording, put_sound

    if target.suffix.lower() == ".wav":
        write_channels(target, sound)
        return ()
    if not probe(source).video:
        raise ConfigError("output", target.name, "a name that ends in .wav, as there is no picture in the input")
    replaced = default_track(source) if track is None else track
    return put_sound(source, target, Recording.of(sound), replace=replaced)


def _quality_rows(before: Channels, after: Channels, clean: Path | None) -> list[tuple[str, str, str]]:
    # Loads numpy and scipy.
    from visalign.sound.quality import audio_quality

    one, two = audio_quality(before.mono), audio_quality(after.mono)
    rows = [
        ("loudness LUFS", one.loudness_lufs, two.loudness_lufs),
        ("peak dBFS", one.peak_dbfs, two.peak_dbfs),
        ("speech to pauses dB", one.snr_db, two.snr_db),
        ("clipped samples %", 100 * one.clipped_fraction, 100 * two.clipped_fraction),
    ]
    if clean is not None:
        rows += _against(clean, before, after)
    return [(name, _shown(a), _shown(b)) for name, a, b in rows]


def _against(clean: Path, before: Channels, after: Channels) -> list[tuple[str, float | None, float | None]]:
    # Loads numpy and scipy.
    from visalign.errors import BackendUnavailable
    from visalign.sound.quality import pesq, segmental_snr, si_sdr, stoi

    original, one, two = visalign.read_audio(clean, before.rate_hz), before.mono, after.mono
    pairs = [(original.samples, x.samples) for x in (one, two)]
    rows = [
        ("SI-SDR dB", si_sdr(*pairs[0]), si_sdr(*pairs[1])),
        ("segmental SNR dB", segmental_snr(*pairs[0], one.rate_hz), segmental_snr(*pairs[1], one.rate_hz)),
    ]
    try:
        rows.append(("PESQ", pesq(original, one), pesq(original, two)))
        rows.append(("STOI", stoi(original, one), stoi(original, two)))
    except BackendUnavailable as missing:
        screen(stderr=True).print(str(missing), style="yellow")
    return rows


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def vad(
    source: Annotated[Path, typer.Argument(metavar="AUDIO|VIDEO", help="Sound, or a clip with sound.")],
    output: Annotated[Path | None, NeededOutput(".csv, .json or .TextGrid; - for CSV on the standard output.")] = None,
    detector: Annotated[
        str, choice("--detector", names=("statistical", "webrtc"), help="Who finds it.")
    ] = "statistical",
    threshold: Annotated[float, typer.Option(help="Probability from which on it is speech.")] = 0.5,
    track: Track = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Find where somebody speaks."""
    refuse_missing(source)
    output = output_for(output, ".csv")
    # These load numpy and FFmpeg.
    from visalign.files.outputs import check_output
    from visalign.sound.voice_activity import find_speech

    if output is not None:
        check_output(output, suffixes=_SUFFIXES, inputs=[source], overwrite=overwrite)
    if not 0 < threshold < 1:
        raise ConfigError("threshold", threshold, "between 0 and 1")
    tier = find_speech(visalign.read_audio(source, track=track), detector, threshold=threshold)
    if output is not None:
        _write_tier(output, tier)
    if not quiet:
        screen().print(tier_table(tier, label="", is_silence=lambda label: not label))
        spoken = sum(x.duration for x in tier if x.label)
        screen().print(f"{spoken:.2f} s of speech in {tier.end:.2f} s")
        if output is not None:
            show_written(output)


def _write_tier(path: Path, tier: Tier) -> None:
    # Loads praatio.
    from visalign.files.text_files import format_json, format_table, rounded, write_text, write_textgrid

    rows = [x for x in tier if x.label]
    if path.suffix.lower() == ".csv":
        cells = [(x.label, x.start, x.end, x.score) for x in rows]
        write_text(path, format_table(("label", "start_seconds", "end_seconds", "probability"), cells))
    elif path.suffix.lower() == ".json":
        found = [{"start": rounded(x.start), "end": rounded(x.end), "probability": rounded(x.score)} for x in rows]
        write_text(path, format_json({"duration": rounded(tier.end), "speech": found}))
    else:
        write_textgrid(path, [tier])
