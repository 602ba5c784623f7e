kill -KILL $worker
