"""Medical policies of Anthem and UniCare on 3D rendering as payerpack packs; no code."""
