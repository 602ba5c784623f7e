kill -CONT $worker
