kill -9 $worker
