-- Why a phone was refused with this code, so that the portal can tell the client what his phone met.
ALTER TABLE activations ADD COLUMN met TEXT;
