// What Streamlit asks of a component: a function called at the first drawing, at each new one and at a change of theme.

/**
 * That function, for a component whose class has `update(data)` and `close()`: one object for each element.
 * make: { data, key, parentElement, ... } => the object.
 */
export function mounted(make) {
  const there = new WeakMap();
  return (given) => {
    const { data, parentElement } = given;
    const found = there.get(parentElement);
    if (found) found.update(data);
    else there.set(parentElement, make(given));
    // Streamlit also calls this for a call that a newer one overtook, with the element still in use.
    return () => setTimeout(() => {
      if (parentElement.isConnected) return;
      there.get(parentElement)?.close();
      there.delete(parentElement);
    });
  };
}
