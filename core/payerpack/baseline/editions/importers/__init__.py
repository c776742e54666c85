"""Readers and compilers of CMS's files; nothing here is loaded to review a claim against an imported edition."""
