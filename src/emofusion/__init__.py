"""Is cross-attention preferable to self-attention for multi-modal emotion recognition?"""
