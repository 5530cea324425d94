"""A second engine, slow and plain, written from docs/model.md alone, and the tools that compare.

`model` is that engine; it must never be changed to agree with the Rust core, only with the law.
`scenarios` draws random documents, `comparison` runs both and lists what differs, `shrinking` makes a
differing case small, `mutations` plants one wrong rule at a time, so that we know what the scenarios can see.
"""
