"""Sound and pictures in and out of files: the only room that knows FFmpeg."""
