"""Data of rigs: rules of mouth shapes, and how a rig's channels make each viseme. One TOML file each."""
