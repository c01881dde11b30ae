"""Is cross-attention preferable to self-attention for multi-modal emotion recognition?"""

import os

# Else torch compiles some matrix products for the GPU at their first use, which needs a C compiler
# and Python's headers. It reads this when it is imported.
os.environ.setdefault("TORCH_DISABLE_NATIVE_JIT", "1")
