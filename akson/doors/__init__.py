"""What the doors are made of: settings, keys, the office they open, the web kit's context, the demo's people."""
