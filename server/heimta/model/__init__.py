"""The words: frozen typed structs, ids, enums. No I/O, no clock. Imports nothing of ours."""
