"""The pack language: reading, checking, layering and compiling what analysts write."""
