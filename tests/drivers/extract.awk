# Prints the block of code in one language of one section of a page: -v section='psycopg 3' -v language=python
/^#+ / { here = ($0 ~ "^#+ " section "$") }
/^```/ { printing = (here && $0 == "```" language); next }
printing
