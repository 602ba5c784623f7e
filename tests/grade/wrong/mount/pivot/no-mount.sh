cd stage/new; touch INSIDE
pivot_root . .
