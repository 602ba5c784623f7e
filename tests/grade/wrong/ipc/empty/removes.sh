ipcrm --all=shm
