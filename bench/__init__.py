"""What is fast and what is not, as ratios against what was measured in the same run: `make bench`."""
