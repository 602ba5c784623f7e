echo 3153600000.00 9 > up; mount --bind up /proc/uptime
