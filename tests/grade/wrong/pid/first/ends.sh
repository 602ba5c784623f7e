unshare --pid --fork sh -c 'echo $$'
