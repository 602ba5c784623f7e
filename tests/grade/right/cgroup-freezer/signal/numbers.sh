kill -18 $runner; kill -s CONT $worker
