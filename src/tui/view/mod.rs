//! Views: free functions from the state to cells.
