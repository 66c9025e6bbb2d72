"""Reading tables another program wrote, row by row: delimited text, JSON, JSON Lines, workbooks, in the encodings of old exports."""
