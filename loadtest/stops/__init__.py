"""`make stops`: a no by any of its ways holds everywhere, for every browser of the person; a GET is none."""
