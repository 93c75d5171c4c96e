"""Small trained layers on a frozen encoder: adapters, LoRA, IA3. Attached by hooks, so no model code is changed."""
