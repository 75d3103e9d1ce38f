//! What MagDS promises to every door, tried with the real cards of the engines beside it: here, because
//! only this layer knows a component and the adapters together.
//! Never: a part of the product.
