"""What the pages in Dutch show, worked out in Python so that templates only lay out."""
