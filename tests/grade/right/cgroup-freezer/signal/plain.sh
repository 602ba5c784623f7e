kill -CONT $worker $runner
