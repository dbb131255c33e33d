"""A person's photo: which pictures are taken, and what is made of one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from chassis.errors import InvalidInput

MAX_OCTETS = 5 * 1024 * 1024
# Decoding holds three octets a pixel, a progressive JPEG's coefficients twice that.
MAX_PIXELS = 24_000_000
SMALLEST = 64
# Pixels a side, of a contact's page, of a list's tile, of a line; the middle one goes where nobody asks for a size.
SIZES = (512, 192, 64)
USUAL = 192
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 85
_ORIENTATION = 0x0112
# By what Exif says of how the camera was held (Exif 2.3 §4.6.4).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Rendition:
    """A photo in one size: pixels a side, and the blob of its JPEG."""

    size: int
    address: str
    octets: int


@dataclass(frozen=True)
class Photo:
    """What an account keeps of its photo; `etag` changes with the picture. Renditions, the largest first."""

    etag: str
    renditions: tuple[Rendition, ...]

    def of(self, size: int) -> Rendition:
        """The smallest that is not smaller than `size` pixels a side, else the largest."""
        return next((each for each in reversed(self.renditions) if each.size >= size), self.renditions[0])


def etag_of(made: Mapping[int, bytes]) -> str:
    """The etag of renditions by size."""
    return hashlib.sha256(made[max(made)]).hexdigest()[:32]


def renditions_of(octets: bytes) -> dict[int, bytes]:
    """JPEGs of a picture by size: upright, its middle square, without anything that was noted in the file.

    A smaller picture is not blown up: its largest size then has the pixels it has. Colours are taken for sRGB. Of an
    animation, the first frame. Raises `InvalidInput`.
    """
    try:
        with Image.open(BytesIO(octets), formats=FORMATS) as image:
            _check(image.size)
            # A JPEG is decoded at a fraction of its size where that is enough.
            image.draft("RGB", (2 * SIZES[0], 2 * SIZES[0]))
            image.load()
            square = _square(_plain(image))
            turn = _UPRIGHT.get(_orientation(image))
    except InvalidInput:
        raise
    except Exception as error:  # whatever a decoder says of octets that somebody made up
        raise _refused("not a JPEG, PNG or WebP that can be read") from error
    upright = square.transpose(turn) if turn is not None else square
    return {size: _written(upright, size) for size in SIZES}


def _check(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _refused(f"more than {MAX_PIXELS // 1_000_000} million pixels")
    if min(width, height) < SMALLEST:
        raise _refused(f"fewer than {SMALLEST} pixels a side")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken notes of a camera are no reason to refuse what it saw
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """In red, green and blue; what can be looked through stands on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    ground.alpha_composite(clear)
    return ground.convert("RGB")


def _square(image: Image.Image) -> Image.Image:
    """The middle, at most the largest size wide."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    most = min(side, SIZES[0])
    box = (left, top, left + side, top + side)
    return image.resize((most, most), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _written(square: Image.Image, size: int) -> bytes:
    side = min(size, square.width)
    # A new picture: what was noted in the file (comments, Exif, profiles) hangs on the old one.
    bare = Image.new("RGB", (side, side))
    bare.paste(square.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0))
    written = BytesIO()
    bare.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()


def _refused(why: str) -> InvalidInput:
    return InvalidInput("Not a picture that is taken", fields={"photo": why})
