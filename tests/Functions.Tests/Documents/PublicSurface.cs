using System.Reflection;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>What of an assembly others can use, as C# declares it, without access, constraints or documentation.</summary>
internal sealed class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
    };

    private readonly NullabilityInfoContext nullability = new();

    private PublicSurface()
    {
    }

    /// <summary>For each public type, by its full name: what it is, and each of its members.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of(Assembly assembly)
    {
        var surface = new PublicSurface();
        return assembly.GetExportedTypes().ToDictionary(type => type.FullName!, surface.Declare);
    }

    private IReadOnlyList<string> Declare(Type type) => type.IsEnum
        ? ["enum", .. Enum.GetNames(type).Select(name => $"{name} = {Enum.Format(type, Enum.Parse(type, name), "D")}")]
        :
        [
            Kind(type),
            .. type.GetConstructors(Declared & ~BindingFlags.Static).Select(constructor => $"new({Parameters(constructor)})"),
            .. type.GetProperties(Declared).Select(Property),
            .. type.GetFields(Declared).Select(field => $"{Name(nullability.Create(field))} {field.Name}"),
            .. type.GetMethods(Declared).Where(method => !method.IsSpecialName).Select(Method),
        ];

    private static string Kind(Type type)
    {
        var kind = type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type.IsAbstract && type.IsSealed ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class" : "class";
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var bases = type.GetInterfaces().Except(inherited).Except(type.GetInterfaces().SelectMany(one => one.GetInterfaces())).Select(Name);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)) bases = bases.Prepend(Name(parent));
        return bases.Any() ? $"{kind} : {string.Join(", ", bases.Order(StringComparer.Ordinal))}" : kind;
    }

    private string Property(PropertyInfo property)
    {
        var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"this[{string.Join(", ", parameters.Select(Parameter))}]" : property.Name;
        var setter = property.SetMethod is not { IsPublic: true } set ? ""
            : set.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? " init;" : " set;";
        var getter = property.GetMethod is { IsPublic: true } ? " get;" : "";
        return $"{Static(property.GetAccessors()[0])}{Name(nullability.Create(property))} {index} {{{getter}{setter} }}";
    }

    private string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Static(method)}{Name(nullability.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private string Parameters(MethodBase method)
    {
        var extended = method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute)) ? "this " : "";
        return extended + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private string Parameter(ParameterInfo parameter)
    {
        var prefix = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : parameter.IsOut ? "out " : "";
        var value = !parameter.HasDefaultValue ? ""
            : parameter.DefaultValue is { } given ? $" = {given}"
            : parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? " = default" : " = null";
        return $"{prefix}{Name(nullability.Create(parameter))} {parameter.Name}{value}";
    }

    private static string Name(NullabilityInfo info)
    {
        var type = info.Type;
        if (type.IsByRef) return Name(type.GetElementType()!);
        var mark = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable ? "?" : "";
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value) + "?";
        if (info.ElementType is { } element) return $"{Name(element)}[]{mark}";
        return type.IsGenericType ? $"{Outer(type)}<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>{mark}" : Name(type) + mark;
    }

    private static string Name(Type type) =>
        Keywords.TryGetValue(type, out var keyword) ? keyword
        : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{Outer(type)}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : Outer(type);

    private static string Outer(Type type) => type.Name.Split('`')[0];
}
