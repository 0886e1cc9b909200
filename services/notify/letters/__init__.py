"""What is written: words, bricks of text and HTML, and the letter they make."""
