"""Ragged feature files: sequences of different lengths, end to end, that jobs map into memory.

`<name>.h5` holds `ids [utterance]`, `lengths [utterance]`, `offsets [utterance]` and `values
[frame, dim]` float32, contiguous and uncompressed; a text file has `tokens [word]` int32, `words`
and `embedding [type, width]` float32 in place of `values`. Attributes say how it was made. A file
that joins others (the shards of the sessions) has its own index, and its `values` is a virtual
dataset that shows theirs: nothing is stored twice.
`<name>.json` next to it holds the hash of the content. Equal content has an equal hash, whenever it
was made; the hash of a joined file is made from its index and the hashes of its shards.
"""
