"""The pages of this folder: the list, the editor, versions, files."""
