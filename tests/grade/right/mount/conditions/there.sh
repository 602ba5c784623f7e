cd stage/root
pivot_root . old
cd /; echo *
