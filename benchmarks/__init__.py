"""What the README claims of speed and quality, one command each."""
