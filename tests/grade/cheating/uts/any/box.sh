kill -9 $box; sleep 1
