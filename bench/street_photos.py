"""Made-up photos as a resident's phone sends them, each different: 2048 by 1536 points, some hundred kilobytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (2048, 1536)
"""What the resident page makes of a camera's picture before it sends it."""

BLOCK = 384
QUALITY = 80


def street_photos(folder: Path, count: int, seed: int = 1) -> list[str]:
    """So many files; what no two share is one block of the picture, so that none passes for another."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    width, height = SIZE
    small = Image.fromarray(chance.integers(40, 215, (24, 32, 3), dtype=np.uint8))
    wide = np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = chance.integers(-9, 10, (height, width, 1), dtype=np.int16)
    street = Image.fromarray(np.clip(wide + grain, 0, 255).astype(np.uint8))
    files = []
    for number in range(count):
        block = chance.integers(0, 255, (12, 12, 3), dtype=np.uint8)
        picture = street.copy()
        at = (int(chance.integers(0, width - BLOCK)), int(chance.integers(0, height - BLOCK)))
        picture.paste(Image.fromarray(block).resize((BLOCK, BLOCK), Image.Resampling.BILINEAR), at)
        file = folder / f"{number}.jpg"
        picture.save(file, "JPEG", quality=QUALITY)
        files.append(str(file))
    return files
