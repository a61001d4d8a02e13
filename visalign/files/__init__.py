"""Files of anything but media: limits, scratch memory, whole outputs, data and text formats, time codes."""
