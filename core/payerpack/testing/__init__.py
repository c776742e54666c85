"""The kit for authors of packs and plugins; pytest loads its fixtures and runs the tests of packs by itself."""
