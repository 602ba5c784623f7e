echo "boottime 60 0" | tee /proc/self/timens_offsets
