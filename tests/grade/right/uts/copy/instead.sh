exec unshare --uts bash
