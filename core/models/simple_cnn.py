"""The article's network."""

from __future__ import annotations

from torch import Tensor, nn


class SimpleModel(nn.Module):
    """The article's network: two convolutions and two fully connected layers, for 32x32 images.

    A 2x2 max-pool follows each convolution, and then the ReLU: both are monotone, and it sees a
    quarter of the values. Input (N, 3, 32, 32), output (N, classes).
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, images: Tensor) -> Tensor:
        maps = nn.functional.max_pool2d(self.conv1(images), 2).relu()
        maps = nn.functional.max_pool2d(self.conv2(maps), 2).relu()
        return self.fc2(self.fc1(maps.flatten(1)).relu())
