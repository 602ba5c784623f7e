mount -t tmpfs new stage/new
cd stage/new; touch INSIDE; mkdir old
pivot_root . old
cd /
